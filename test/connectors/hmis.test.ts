import { describePracticeSystem } from '../contract/practice-system.contract.js';
import { createHmisPractice } from './hmis-practice.js';

describePracticeSystem('hmis', createHmisPractice);
